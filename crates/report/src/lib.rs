//! Reports for people and machines: tables and JSON
