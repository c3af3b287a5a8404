//! Checked byte views from the link layer to transport
