//! What is known: indicators, where they came from, and an index to match them
