"""The OpenAPI document: what the endpoints declare, and nothing written twice."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from accounts.permissions import KEY_SCOPES
from villaops.api.endpoint import PUBLIC, Operation
from villaops.api.idempotency import HEADER, KEY_PATTERN, REPLAYED
from villaops.api.wire import Input, Output

type Schema = dict[str, Any]
# Path, its regular expression, method, view.
type Route = tuple[str, str, str, Any]

REF = "#/components/schemas/{model}"

_TEXT = {"type": "string"}
_ERROR: Schema = {
    "type": "object",
    "properties": {"detail": _TEXT},
    "required": ["detail"],
}
_INVALID_INPUT: Schema = {
    "type": "object",
    "properties": {
        "detail": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "type": _TEXT,
                    "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "msg": _TEXT,
                    "input": {},
                    "ctx": {"type": "object"},
                },
                "required": ["type", "loc", "msg"],
            },
        }
    },
    "required": ["detail"],
}
_SERVER_ERROR: Schema = {
    "type": "object",
    "properties": {"detail": _TEXT, "request_id": _TEXT},
    "required": ["detail", "request_id"],
}
_ERROR_NAMES = {422: "InvalidInput", 500: "ServerError"}
_ERROR_HEADERS = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After"}

ORGANIZATION_HEADER: Schema = {
    "name": "X-Organization",
    "in": "header",
    "description": "Slug or id of the organization; the user's default one without it.",
    "schema": _TEXT,
}


KEY_HEADER: Schema = {
    "name": HEADER,
    "in": "header",
    "description": "Makes it safe to send the request again: within 24 hours the same JSON under"
    " the same key is done once and gets the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": KEY_PATTERN},
}


IF_MATCH: Schema = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of what was read, or `*`: what has changed since is left as it is.",
    "schema": _TEXT,
}
IF_NONE_MATCH: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of the answer one has: 304 while there is no other.",
    "schema": _TEXT,
}
CHANGES = frozenset({"PUT", "PATCH", "DELETE"})


class OperationSchema(AutoSchema):
    """One operation in OpenAPI's words."""

    view: Any
    registry: ComponentRegistry

    def get_operation(
        self,
        path: str,
        path_regex: str,
        path_prefix: str,
        method: str,
        registry: ComponentRegistry,
    ) -> Schema:
        self.registry = registry
        operation = self.view.operations[method]
        handler = getattr(self.view, method.lower())
        # PUT and PATCH share a handler, but operations must not share a name.
        name = f"{operation.name}_put" if method == "PUT" else operation.name
        found: Schema = {
            "operationId": name,
            "summary": (handler.__doc__ or "").strip().partition("\n")[0],
            "tags": [self.view.tag],
            "security": _security(operation),
        }
        headers = [ORGANIZATION_HEADER] if operation.in_organization() else []
        if self.view.takes_key(method):
            headers.append(KEY_HEADER)
        if operation.etag == "row" and method in CHANGES:
            headers.append(IF_MATCH)
        if operation.etag == "list":
            headers.append(IF_NONE_MATCH)
        parameters = [*self._parameters(operation), *headers]
        if parameters:
            found["parameters"] = parameters
        if operation.body:
            found["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": self._component(operation.body)}},
            }
        found["responses"] = self._responses(operation, method)
        return found

    def _parameters(self, operation: Operation) -> list[Schema]:
        return [
            {"name": name, "in": place, "required": name in required, "schema": schema}
            for place, model in (("path", operation.path), ("query", operation.query))
            if model
            for properties, required in [self._fields(model)]
            for name, schema in properties.items()
        ]

    def _fields(self, model: type[Input]) -> tuple[Schema, list[str]]:
        schema = self._with_definitions(model)
        return schema.get("properties", {}), schema.get("required", [])

    def _responses(self, operation: Operation, method: str) -> Schema:
        content: Schema = {}
        if operation.output:
            content["application/json"] = {"schema": self._component(operation.output)}
        if operation.csv:
            content["text/csv"] = {"schema": _TEXT}
        answers: Schema = {
            str(operation.status): {
                "description": HTTPStatus(operation.status).phrase,
                "content": content,
            }
        }
        takes_key = self.view.takes_key(method)
        if operation.etag and method != "DELETE":
            answers[str(operation.status)]["headers"] = {"ETag": {"schema": _TEXT}}
        if operation.etag == "list":
            answers["304"] = {"description": HTTPStatus(304).phrase}
        errors = _errors(operation, counted=bool(self.view.counted_as))
        if operation.etag == "row" and method in CHANGES:
            errors |= {412}
        for status in sorted(errors | ({409} if takes_key else set())):
            answers[str(status)] = self._error(status)
        if takes_key:
            for kept in {str(operation.status), "400", "404", "409"} & set(answers):
                answers[kept].setdefault("headers", {})[REPLAYED] = {
                    "description": "The first answer to this key, given again.",
                    "schema": {"type": "string", "enum": ["true"]},
                }
        return answers

    def _error(self, status: int) -> Schema:
        name = _ERROR_NAMES.get(status, "Error")
        schemas = {"Error": _ERROR, "InvalidInput": _INVALID_INPUT, "ServerError": _SERVER_ERROR}
        answer: Schema = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/json": {"schema": self._registered(name, schemas[name])}},
        }
        if status in _ERROR_HEADERS:
            answer["headers"] = {_ERROR_HEADERS[status]: {"schema": _TEXT, "required": True}}
        return answer

    def _component(self, model: type[BaseModel]) -> Schema:
        return self._registered(_public_name(model.__name__), self._with_definitions(model))

    def _with_definitions(self, model: type[BaseModel]) -> Schema:
        """The model's schema; the models inside it become components, enums stay in place."""
        mode: JsonSchemaMode = "serialization" if issubclass(model, Output) else "validation"
        schema = model.model_json_schema(mode=mode, ref_template=REF)
        definitions = schema.pop("$defs", {})
        enums = {
            REF.format(model=name): {"type": definition["type"], "enum": definition["enum"]}
            for name, definition in definitions.items()
            if "enum" in definition
        }
        for name, definition in definitions.items():
            if REF.format(model=name) not in enums:
                self._registered(_public_name(name), _public(definition, enums))
        return _public(schema, enums)

    def _registered(self, name: str, schema: Schema) -> Schema:
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, schema, object=name)
        self.registry.register_on_missing(component)
        return {"$ref": REF.format(model=name)}


def document() -> Schema:
    """The whole OpenAPI document."""
    schema: Schema = SchemaGenerator().get_schema(request=None, public=True)
    return schema


def documented(endpoints: list[Route]) -> list[Route]:
    """Each path once, without the slash that may follow it, and without the document's readers."""
    return [
        (path, regex, method, view)
        for path, regex, method, view in endpoints
        if not path.endswith("/") and view.cls.documented
    ]


def _errors(operation: Operation, *, counted: bool) -> set[int]:
    """The errors that any operation of this kind may answer with, and those it names itself."""
    found = set(operation.errors)
    if counted:
        found |= {429, 500}
    if operation.permission is not PUBLIC:
        found |= {401}
    if operation.in_organization():
        found |= {403, 404}
    if operation.path or operation.query or operation.body:
        found |= {422}
    if operation.body:
        found |= {413}
    return found


def _security(operation: Operation) -> list[Schema]:
    """Any one of these credentials opens it."""
    if operation.permission is PUBLIC:
        return []
    is_open_to_keys = operation.permission in KEY_SCOPES
    return [{"bearer": []}, *([{"apiKey": []}] if is_open_to_keys else [])]


def _public_name(name: str) -> str:
    """`BookingOutput` is our name for what everybody else calls a Booking."""
    return name.removesuffix("Output")


def _public(schema: Any, enums: dict[str, Schema]) -> Any:
    """The same with public names, enums in place of references, and without pydantic's titles."""
    if isinstance(schema, list):
        return [_public(item, enums) for item in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if reference in enums:
        return {**enums[reference], **{k: v for k, v in schema.items() if k != "$ref"}}
    return {
        key: value.removesuffix("Output") if key == "$ref" else _public(value, enums)
        for key, value in schema.items()
        # A title that is text; a field may be called title.
        if not (key == "title" and isinstance(value, str))
    }
