//! The path of a packet: the stages wired into one loop
