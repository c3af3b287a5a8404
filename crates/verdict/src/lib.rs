//! What was decided: verdicts, scope and expiry
