//! Sources of packets: pcap and pcapng files, plain, gzip or zstd
