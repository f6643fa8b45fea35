"""NGSI-LD over HTTP (ETSI GS CIM 009, clause 6): requests to the broker, its answers and errors back."""
