//! Events from other tools' records: Zeek logs and Suricata EVE
