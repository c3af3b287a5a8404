//! Tests of the path of a packet.
