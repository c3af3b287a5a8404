//! Seeded worlds of benign hosts and bots, written as packets
