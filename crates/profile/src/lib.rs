//! Behaviour of each host and of each pair of host and destination, in bounded memory
