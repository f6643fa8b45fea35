"""NGSI-LD (ETSI GS CIM 009): what the broker knows, as plain synchronous Python over batches."""
