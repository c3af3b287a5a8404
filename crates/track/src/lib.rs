//! Flow table, timer wheel and reassembly of the head of each direction
