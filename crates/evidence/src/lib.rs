//! What an observation suggests: evidence with its weight in nats
