"""SQL of the audit log: who did what to which record, in a chain per organization.

A trigger on every tracked table notes each change among the pending ones, with the settings of
the open context. When the transaction commits, after every other deferred check, the pending ones
become entries: numbered without a gap, each with the hash of the one before. Writers of one
organization wait for each other there and nowhere earlier, and while they do so nothing is left
that they could wait for: they cannot deadlock.

What others have pending is not committed and so cannot be seen; a committed transaction leaves
nothing pending. So that table needs no policy, and, being unlogged, costs little.
"""

PENDING = """
-- Emptied by every transaction that wrote to it; without an index there is little to clean up.
CREATE UNLOGGED TABLE accounts_auditpending (
    id bigint GENERATED ALWAYS AS IDENTITY,
    organization_id uuid,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    user_id uuid,
    user_name text NOT NULL DEFAULT '',
    door text NOT NULL DEFAULT '',
    api_key_id uuid,
    api_key_name text NOT NULL DEFAULT '',
    -- Empty in the one row that asks for the second round.
    action text NOT NULL,
    record_kind text NOT NULL,
    record_id uuid,
    record_label text,
    changes jsonb
) WITH (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

CREATE FUNCTION audit_commit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    context text := coalesce(current_setting('villaops.organization_id', true), '');
    organization uuid;
BEGIN
    -- The first round comes among the other deferred checks, and asks for one more after them.
    IF NEW.action <> '' THEN
        IF coalesce(current_setting('villaops.audit', true), '') <> 'asked' THEN
            PERFORM set_config('villaops.audit', 'asked', true);
            INSERT INTO accounts_auditpending (action, record_kind) VALUES ('', '');
        END IF;
        RETURN NULL;
    END IF;
    -- The second: nothing is left to check. Whoever wrote for several organizations waits for
    -- them in one order.
    PERFORM audit_lock(written.organization_id) FROM (
        SELECT DISTINCT organization_id FROM accounts_auditpending WHERE action <> '' ORDER BY 1
    ) AS written;
    PERFORM set_config('villaops.audit', 'sealing', true);
    FOR organization IN
        SELECT DISTINCT organization_id FROM accounts_auditpending WHERE action <> ''
    LOOP
        PERFORM set_config('villaops.organization_id', coalesce(organization::text, ''), true);
        INSERT INTO accounts_auditentry (organization_id, number, at, user_id, user_name, door,
                api_key_id, api_key_name, action, record_kind, record_id, record_label, changes,
                changes_digest, previous_hash, hash)
            SELECT organization_id, 0, at, user_id, user_name, door, api_key_id, api_key_name,
                action, record_kind, record_id, record_label, changes, '', '', ''
            FROM accounts_auditpending
            WHERE action <> '' AND organization_id IS NOT DISTINCT FROM organization
            ORDER BY id;
    END LOOP;
    DELETE FROM accounts_auditpending;
    PERFORM set_config('villaops.audit', '', true),
        set_config('villaops.organization_id', context, true);
    RETURN NULL;
END $$;

CREATE FUNCTION audit_lock(organization uuid) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(
        hashtextextended('audit:' || coalesce(organization::text, 'nobody'), 0))
$$;

CREATE CONSTRAINT TRIGGER audit_commit AFTER INSERT ON accounts_auditpending
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_commit();
"""

DROP_PENDING = """
DROP TABLE accounts_auditpending;
DROP FUNCTION audit_commit();
DROP FUNCTION audit_lock(uuid);
"""

# What a digest and a hash are taken of. Arrays of jsonb have one way of being written, and the
# verifying command asks for the same texts and hashes them itself.
FACTS = """jsonb_build_array(
    {row}.organization_id, {row}.number, (extract(epoch FROM {row}.at) * 1000000)::bigint,
    {row}.user_id, {row}.user_name, {row}.door, {row}.api_key_id, {row}.api_key_name,
    {row}.action, {row}.record_kind, {row}.record_id, encode({row}.changes_digest, 'hex')
)::text"""
TOLD = "jsonb_build_array({row}.record_label, {row}.changes)::text"

# The kinds of records that tell of guests, who may ask to be forgotten.
FORGETTABLE = ("guest", "guest_merge", "booking", "note")

_SEAL = """
-- Whoever inserts an entry, it takes its place at the end of the chain.
CREATE FUNCTION audit_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    newest record;
BEGIN
    PERFORM audit_lock(NEW.organization_id);
    IF NEW.organization_id IS NULL THEN
        SELECT number, hash INTO newest FROM accounts_auditentry
            WHERE organization_id IS NULL ORDER BY number DESC LIMIT 1;
    ELSE
        SELECT number, hash INTO newest FROM accounts_auditentry
            WHERE organization_id = NEW.organization_id ORDER BY number DESC LIMIT 1;
    END IF;
    NEW.number := coalesce(newest.number, 0) + 1;
    NEW.previous_hash := coalesce(newest.hash, '');
    NEW.changes_digest := sha256(convert_to(@TOLD@, 'UTF8'));
    NEW.hash := sha256(NEW.previous_hash || convert_to(@FACTS@, 'UTF8'));
    RETURN NEW;
END $$;

CREATE TRIGGER audit_seal BEFORE INSERT ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_seal();

-- What people have been promised to be forgotten is in the label and the changes; the chain is
-- made of their digest and stays whole.
CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.record_kind IN ('guest', 'guest_merge', 'booking', 'note')
                AND NEW.record_label IS NULL AND NEW.changes IS NULL
                AND to_jsonb(NEW) - '{record_label,changes}'::text[]
                = to_jsonb(OLD) - '{record_label,changes}'::text[] THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'The audit log is written once: no % of its entries', lower(TG_OP)
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_guard();
CREATE TRIGGER audit_guard_all BEFORE TRUNCATE ON accounts_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();
"""
SEAL = _SEAL.replace("@TOLD@", TOLD.format(row="NEW")).replace("@FACTS@", FACTS.format(row="NEW"))

DROP_SEAL = """
DROP TRIGGER audit_seal ON accounts_auditentry;
DROP TRIGGER audit_guard ON accounts_auditentry;
DROP TRIGGER audit_guard_all ON accounts_auditentry;
DROP FUNCTION audit_seal();
DROP FUNCTION audit_guard();
"""

# The two rows of privileges are the owner's and the support role's. Entries of nobody's
# organization (somebody unknown tries to log in) are the support role's to read.
RIGHTS = """
REVOKE UPDATE, DELETE, TRUNCATE ON accounts_auditentry FROM CURRENT_USER;
REVOKE UPDATE, DELETE, TRUNCATE ON accounts_auditentry FROM villaops_support;
GRANT UPDATE (record_label, changes) ON accounts_auditentry TO CURRENT_USER;
GRANT UPDATE (record_label, changes) ON accounts_auditentry TO villaops_support;

CREATE POLICY nobody ON accounts_auditentry
    USING (organization_id IS NULL AND current_setting('villaops.audit', true) = 'sealing')
    WITH CHECK (organization_id IS NULL AND current_setting('villaops.audit', true) = 'sealing');
"""

DROP_RIGHTS = "DROP POLICY nobody ON accounts_auditentry"

# The trigger of every tracked table: the record's kind, and the columns nobody needs to be told.
CHANGE = """
CREATE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind text := TG_ARGV[0];
    hidden text[] := TG_ARGV[1]::text[];
    context jsonb := NULLIF(current_setting('pghistory.context_metadata', true), '')::jsonb;
    before jsonb;
    after jsonb;
    facts jsonb;
    changed jsonb;
    did text;
    label text;
BEGIN
    IF TG_OP <> 'INSERT' THEN before := to_jsonb(OLD); END IF;
    IF TG_OP <> 'DELETE' THEN after := to_jsonb(NEW); END IF;
    facts := coalesce(after, before);
    SELECT jsonb_object_agg(key, jsonb_build_array(before -> key, after -> key)) INTO changed
        FROM jsonb_object_keys(facts - hidden) AS key
        WHERE coalesce(before -> key, 'null') <> coalesce(after -> key, 'null');
    IF changed IS NULL AND TG_OP = 'UPDATE' THEN
        RETURN NULL;
    END IF;
    did := CASE
        WHEN TG_OP = 'INSERT' THEN 'created'
        WHEN TG_OP = 'DELETE' THEN 'deleted'
        WHEN changed #> '{merged_into_id,0}' = 'null' THEN 'merged'
        WHEN changed #> '{deleted_at,0}' = 'null' THEN 'deleted'
        WHEN changed #> '{deleted_at,1}' = 'null' THEN 'restored'
        WHEN changed ? 'anonymized_at' THEN 'anonymized'
        WHEN changed #> '{revoked_at,0}' = 'null' THEN 'revoked'
        WHEN changed #> '{undone_at,0}' = 'null' THEN 'undone'
        ELSE 'changed'
    END;
    IF current_setting('villaops.forgetting', true) = 'on' THEN
        -- What is forgotten must not be written down once more.
        changed := NULL;
    ELSE
        label := CASE kind
            WHEN 'membership' THEN coalesce(facts ->> 'invited_email',
                (SELECT name FROM accounts_user WHERE id = (facts ->> 'user_id')::uuid))
            WHEN 'block' THEN concat(facts ->> 'start', ' - ', facts ->> 'end')
            WHEN 'note' THEN (SELECT reference FROM bookings_booking
                WHERE organization_id = (facts ->> 'organization_id')::uuid
                    AND id = (facts ->> 'booking_id')::uuid)
            ELSE coalesce(facts ->> 'reference', facts ->> 'name')
        END;
    END IF;
    INSERT INTO accounts_auditpending (organization_id, user_id, user_name, door, api_key_id,
            api_key_name, action, record_kind, record_id, record_label, changes)
        VALUES (
            (facts ->> CASE kind WHEN 'organization' THEN 'id' ELSE 'organization_id' END)::uuid,
            (context ->> 'user')::uuid,
            coalesce((SELECT name FROM accounts_user
                WHERE id = (context ->> 'user')::uuid), ''),
            coalesce(context ->> 'door', ''),
            (context ->> 'api_key')::uuid,
            coalesce((SELECT name FROM accounts_apikey
                WHERE id = (context ->> 'api_key')::uuid), ''),
            did, kind, (facts ->> 'id')::uuid, label, changed
        );
    RETURN NULL;
END $$;
"""

DROP_CHANGE = "DROP FUNCTION audit_change()"
