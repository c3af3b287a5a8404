//! What is known of names: registrable domains, popularity, how likely a name was made by a machine
