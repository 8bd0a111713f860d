"""Lists the scripts that make the tables of the shared state, version by version."""

SCHEMA = "verbatim_state"

MIGRATIONS = (
    # updates of all bots; a lane is worked on by the one session that is its owner
    """
    CREATE SEQUENCE sessions AS integer MINVALUE 1 CYCLE;
    CREATE TABLE updates (
      bot text NOT NULL,
      update_id bigint NOT NULL,
      number bigint GENERATED ALWAYS AS IDENTITY,
      lane text,
      payload text,
      attempts integer NOT NULL DEFAULT 0,
      delivered text NOT NULL DEFAULT '',
      PRIMARY KEY (bot, update_id)
    );
    CREATE INDEX updates_waiting ON updates (bot, lane, update_id) WHERE payload IS NOT NULL;
    CREATE INDEX updates_in_order ON updates (bot, number);
    CREATE TABLE lanes (
      bot text NOT NULL,
      lane text NOT NULL,
      waiting integer NOT NULL,
      since timestamptz NOT NULL,
      owner integer,
      last integer,
      PRIMARY KEY (bot, lane)
    );
    CREATE INDEX lanes_free ON lanes (bot, since) WHERE waiting > 0 AND owner IS NULL;
    CREATE INDEX lanes_owned ON lanes (owner) WHERE owner IS NOT NULL;
    CREATE TABLE closed_chats (
      bot text NOT NULL,
      chat bigint NOT NULL,
      PRIMARY KEY (bot, chat)
    );
    CREATE TABLE moved_chats (
      bot text NOT NULL,
      chat bigint NOT NULL,
      to_chat bigint NOT NULL,
      PRIMARY KEY (bot, chat)
    );
    CREATE TABLE preferences (chat bigint PRIMARY KEY, language text, quotes integer, links text);
    CREATE TABLE consents (person bigint PRIMARY KEY, questions integer NOT NULL);
    CREATE TABLE votes (
      person bigint NOT NULL,
      chat bigint NOT NULL,
      message bigint NOT NULL,
      generation bigint NOT NULL,
      passages text NOT NULL,
      good integer NOT NULL,
      question text,
      earlier text NOT NULL,
      rowid bigint GENERATED ALWAYS AS IDENTITY,
      PRIMARY KEY (person, chat, message)
    );
    CREATE TABLE invitations (code bytea PRIMARY KEY, expires_s double precision NOT NULL);
    CREATE TABLE let_in (person bigint PRIMARY KEY);
    CREATE UNLOGGED TABLE paces (
      person text PRIMARY KEY,
      tokens double precision NOT NULL,
      at timestamptz NOT NULL,
      told timestamptz
    );
    """,
    # how many ends of a process an update is to blame for
    "ALTER TABLE updates ADD COLUMN blamed integer NOT NULL DEFAULT 0",
)
"""Scripts, each run once and in order; one that was released is never changed."""
