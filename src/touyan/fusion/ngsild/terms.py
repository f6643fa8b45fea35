"""The words of NGSI-LD: the core context's terms, the kinds of attributes and their members."""

from __future__ import annotations

from typing import Any, Final

NGSI_LD: Final = "https://uri.etsi.org/ngsi-ld/"
DEFAULT_VOCABULARY: Final = NGSI_LD + "default-context/"
CORE_CONTEXT: Final = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"
CORE_CONTEXT_START: Final = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context"
NULL: Final = "urn:ngsi-ld:null"
"""What a member is set to so that it is deleted (clause 4.5.0)."""

GEOJSON: Final = "https://purl.org/geojson/vocab#"
DUBLIN_CORE: Final = "http://purl.org/dc/terms/"

_PLAIN = """
    Attribute AttributeList ContextSourceIdentity ContextSourceNotification ContextSourceRegistration Date DateTime
    EntityType EntityTypeInfo EntityTypeList GeoProperty JsonProperty LanguageProperty ListProperty ListRelationship
    Notification Property Relationship Subscription TemporalProperty Time VocabProperty
    accept attributeCount attributeDetails attributeList attributeName attributeNames attributeTypes attributes attrs
    avg cacheDuration containedBy contextSourceAlias contextSourceExtras contextSourceInfo contextSourceTimeAt
    contextSourceUptime cooldown createdAt csf data dataset datasetId deletedAt detail distinctCount endAt endTimeAt
    endpoint entities entity entityCount entityId entityList entityMap error errors expandValues expiresAt format geoQ
    geometry geoproperty georel idPattern information instanceId isActive join joinLevel jsonKeys key lang
    lastFailure lastNotification lastSuccess linkedMaps localOnly location management managementInterval max min mode
    modifiedAt notification notificationTrigger notifiedAt notifierInfo notUpdated objectType observationInterval
    observationSpace observedAt omit operationSpace operations orderBy ordering pick previousJson previousLanguageMap
    previousObject previousObjectList previousValue previousValueList previousVocab propertyNames q reason
    receiverInfo refreshRate registrationId registrationName relationshipNames scope scopeQ showChanges splitEntities
    startAt status stddev subscriptionId subscriptionName success sum sumsq sysAttrs temporalQ tenant throttling timeAt
    timeInterval timeout timeproperty timerel timesFailed timesSent totalCount triggerReason typeList typeName typeNames
    unitCode updated uri watchedAttributes
"""
_RENAMED = {
    "value": "hasValue",
    "values": "hasValues",
    "valueList": "hasValueList",
    "valueLists": "hasValueLists",
    "object": "hasObject",
    "objects": "hasObjects",
    "objectList": "hasObjectList",
    "objectLists": "hasObjectLists",
    "languageMap": "hasLanguageMap",
    "languageMaps": "hasLanguageMaps",
    "json": "hasJSON",
    "jsons": "hasJSONs",
    "vocab": "hasVocab",
    "vocabs": "hasVocabs",
}
_OF_GEOJSON = """
    Feature FeatureCollection GeometryCollection LineString MultiLineString MultiPoint MultiPolygon Point Polygon
    bbox coordinates features properties
"""

CORE_TERMS: Final[dict[str, str]] = {
    "id": "@id",
    "type": "@type",
    "ngsi-ld": NGSI_LD,
    "geojson": GEOJSON,
    "title": DUBLIN_CORE + "title",
    "description": DUBLIN_CORE + "description",
    **{term: NGSI_LD + term for term in _PLAIN.split()},
    **{term: NGSI_LD + name for term, name in _RENAMED.items()},
    **{term: GEOJSON + term for term in _OF_GEOJSON.split()},
}


def core_document() -> dict[str, Any]:
    """The core context as it is served, made from the terms above."""
    return {"@context": {"@version": 1.1, **CORE_TERMS, "@vocab": DEFAULT_VOCABULARY}}


PROPERTY: Final = "Property"
RELATIONSHIP: Final = "Relationship"
GEO_PROPERTY: Final = "GeoProperty"
LANGUAGE_PROPERTY: Final = "LanguageProperty"
VOCAB_PROPERTY: Final = "VocabProperty"
JSON_PROPERTY: Final = "JsonProperty"
LIST_PROPERTY: Final = "ListProperty"
LIST_RELATIONSHIP: Final = "ListRelationship"

VALUE_MEMBER: Final[dict[str, str]] = {
    PROPERTY: "value",
    GEO_PROPERTY: "value",
    RELATIONSHIP: "object",
    LANGUAGE_PROPERTY: "languageMap",
    VOCAB_PROPERTY: "vocab",
    JSON_PROPERTY: "json",
    LIST_PROPERTY: "valueList",
    LIST_RELATIONSHIP: "objectList",
}
"""The member of each kind of attribute that holds its value."""

KIND_OF_MEMBER: Final[dict[str, str]] = {
    member: kind for kind, member in VALUE_MEMBER.items() if kind is not GEO_PROPERTY
}

PLURAL_MEMBER: Final[dict[str, str]] = {
    PROPERTY: "values",
    GEO_PROPERTY: "values",
    RELATIONSHIP: "objects",
    LANGUAGE_PROPERTY: "languageMaps",
    VOCAB_PROPERTY: "vocabs",
    JSON_PROPERTY: "jsons",
    LIST_PROPERTY: "valueLists",
    LIST_RELATIONSHIP: "objectLists",
}
"""The member that holds all values of a time in the simplified temporal representation (clause 4.5.9)."""

PREVIOUS_MEMBER: Final[dict[str, str]] = {
    kind: "previous" + member[0].upper() + member[1:] for kind, member in VALUE_MEMBER.items()
}

GEOMETRIES: Final = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
)
