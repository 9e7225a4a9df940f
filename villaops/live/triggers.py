"""SQL that tells of changes: one trigger per table and kind of statement, however many rows.

A notice is JSON of topic, organization, ids, and the properties it is about. Lists that grow too
long become null, which means "some": whoever hears it looks. PostgreSQL sends equal notices of one
transaction once, so a booking and its nights, told in the same words, make one.
"""

from dataclasses import dataclass

CHANNEL = "villaops_live"
# A notice has less than 8000 bytes, an id 39 of them.
MOST_IDS = 20
MOST_PROPERTIES = 60

TELL = f"""
CREATE FUNCTION live_tell(
    topic text, organization uuid, ids uuid[], properties uuid[], users uuid[]
) RETURNS void LANGUAGE sql AS $$
    SELECT pg_notify('{CHANNEL}', json_build_object(
        'organization', organization,
        'topic', topic,
        'ids', CASE WHEN cardinality(ids) <= {MOST_IDS} THEN ids END,
        'properties', CASE WHEN cardinality(properties) <= {MOST_PROPERTIES} THEN properties END,
        'users', CASE WHEN cardinality(users) <= {MOST_PROPERTIES} THEN users END
    )::text)
$$;
"""
DROP_TELL = "DROP FUNCTION live_tell(text, uuid, uuid[], uuid[], uuid[])"


@dataclass(frozen=True)
class Told:
    """A table whose changes are told: under which topic and id, and whom they are for.

    The expressions are of `row`, and of what `join` brings, for those rows where `only` holds.
    Members who are limited to some properties hear what names one of theirs as its `home`; with
    `user` only that person hears it.
    """

    table: str
    topic: str
    id: str
    home: str = "NULL::uuid"
    join: str = ""
    user: str = "NULL::uuid"
    only: str = "true"

    def create(self) -> str:
        """A function, and the three triggers that call it: each kind of statement has its own."""
        return f"""
CREATE FUNCTION {self._function}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    limited_to text := coalesce(current_setting('villaops.property_ids', true), '');
BEGIN
    -- Whoever makes the change may be limited to some properties; who hears of it is not.
    IF limited_to <> '' THEN
        PERFORM set_config('villaops.property_ids', '', true);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        {self._tell("(TABLE changed UNION ALL TABLE before)")};
    ELSE
        {self._tell("changed")};
    END IF;
    IF limited_to <> '' THEN
        PERFORM set_config('villaops.property_ids', limited_to, true);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER live_insert AFTER INSERT ON {self.table} REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION {self._function}();
CREATE TRIGGER live_update AFTER UPDATE ON {self.table}
    REFERENCING NEW TABLE AS changed OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION {self._function}();
CREATE TRIGGER live_delete AFTER DELETE ON {self.table} REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION {self._function}();
"""

    def drop(self) -> str:
        """Takes it all back."""
        drops = [
            f"DROP TRIGGER live_{kind} ON {self.table};" for kind in ("delete", "update", "insert")
        ]
        return " ".join([*drops, f"DROP FUNCTION {self._function}();"])

    @property
    def _function(self) -> str:
        return f"live_{self.table}"

    def _tell(self, rows: str) -> str:
        return f"""PERFORM live_tell('{self.topic}', row.organization_id,
            array_agg(DISTINCT {self.id}), {_all(self.home)}, {_all(self.user)})
        FROM {rows} AS row {self.join}
        WHERE {self.only}
        GROUP BY row.organization_id"""


def _all(expression: str) -> str:
    if expression == "NULL::uuid":
        return "NULL"
    # Of nobody's property is not the same as of any: an empty list.
    known = f"FILTER (WHERE {expression} IS NOT NULL)"
    return f"coalesce(array_agg(DISTINCT {expression}) {known}, '{{}}')"
