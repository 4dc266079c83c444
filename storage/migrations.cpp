#include "storage/migrations.h"

namespace kinglet::storage {

namespace {

// Times are milliseconds since 1970 UTC. JSON is compact text. A chat's messages form a tree: `parent_id`
// NULL is a root; `selected_child_id` (`selected_root_id` on the chat) is the branch that is shown and
// continued, and a hint only: where it names no child, the newest child counts.
//
// The parent key has no ON DELETE CASCADE on purpose: SQLite runs cascades as nested triggers, at most 1000
// deep, and a long conversation is deeper than that. Whole chats are deleted through chat_id instead, and the
// deferred check lets rows go in any order.
Migration firstSchema() {
    return {
        1,
        {
            QStringLiteral(R"(CREATE TABLE chats (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  title_folded TEXT NOT NULL,
  preview TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  model TEXT NOT NULL DEFAULT '',
  settings TEXT NOT NULL DEFAULT '{}',
  draft TEXT NOT NULL DEFAULT '',
  selected_root_id INTEGER,
  deleted_at INTEGER
) STRICT)"),
            QStringLiteral("CREATE INDEX chats_by_update ON chats (deleted_at, updated_at DESC, id DESC)"),
            QStringLiteral(R"(CREATE TABLE messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid TEXT NOT NULL,
  chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  parent_id INTEGER,
  selected_child_id INTEGER,
  role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant', 'notice')),
  status TEXT NOT NULL CHECK (status IN ('complete', 'streaming', 'stopped', 'error', 'interrupted')),
  content TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  model TEXT NOT NULL DEFAULT '',
  settings TEXT NOT NULL DEFAULT '{}',
  thinking TEXT NOT NULL DEFAULT '',
  thinking_seconds REAL NOT NULL DEFAULT 0,
  prompt_tokens INTEGER NOT NULL DEFAULT 0,
  answer_tokens INTEGER NOT NULL DEFAULT 0,
  tokens_per_second REAL NOT NULL DEFAULT 0,
  first_token_ms REAL NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '{}',
  UNIQUE (chat_id, id),
  UNIQUE (chat_id, uuid),
  FOREIGN KEY (chat_id, parent_id) REFERENCES messages (chat_id, id) DEFERRABLE INITIALLY DEFERRED
) STRICT)"),
            QStringLiteral("CREATE INDEX messages_by_parent ON messages (chat_id, parent_id, id)"),
            QStringLiteral("CREATE INDEX messages_streaming ON messages (id) WHERE status = 'streaming'"),
            QStringLiteral(R"(CREATE TABLE models (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL DEFAULT 0,
  modified_at INTEGER,
  metadata TEXT NOT NULL DEFAULT '{}',
  problem TEXT NOT NULL DEFAULT '',
  last_used_at INTEGER,
  measured_speed REAL NOT NULL DEFAULT 0,
  hidden INTEGER NOT NULL DEFAULT 0
) STRICT)"),
            QStringLiteral(
                "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"),
        }};
}

// What a person set for one model, as they are named in app/gui/setting_layers.h.
Migration settingsOfModels() {
    return {2, {QStringLiteral("ALTER TABLE models ADD COLUMN settings TEXT NOT NULL DEFAULT '{}'")}};
}

// A text that a person and a model write is a chat of another kind. `shown_end_id`: the branch that is shown
// ends with this message although it has children (0: it is empty); NULL where it goes on as far as it goes.
Migration texts() {
    return {3,
            {QStringLiteral("ALTER TABLE chats ADD COLUMN kind TEXT NOT NULL DEFAULT 'chat' "
                            "CHECK (kind IN ('chat', 'text'))"),
             QStringLiteral("ALTER TABLE chats ADD COLUMN shown_end_id INTEGER")}};
}

// A catalogue is one list of models, the one that ships (source '') or one from an address or a file; its
// models are rows, `words` being what a search looks through. A download is one model; its files are the
// parts. `place` orders the queue. Nothing in these rows is a secret: a signed address or a token is never
// stored.
Migration firstLibrary() {
    return {1,
            {
                QStringLiteral(R"(CREATE TABLE catalogues (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL,
  taken_at INTEGER NOT NULL
) STRICT)"),
                QStringLiteral(R"(CREATE TABLE catalogue_models (
  catalogue_id INTEGER NOT NULL REFERENCES catalogues (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  model TEXT NOT NULL,
  kind TEXT NOT NULL,
  words TEXT NOT NULL,
  entry TEXT NOT NULL,
  PRIMARY KEY (catalogue_id, place),
  UNIQUE (catalogue_id, model)
) STRICT, WITHOUT ROWID)"),
                QStringLiteral(R"(CREATE TABLE downloads (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('queued', 'paused', 'failed')),
  place INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  details TEXT NOT NULL DEFAULT '{}',
  problem TEXT NOT NULL DEFAULT '{}'
) STRICT)"),
                QStringLiteral(R"(CREATE TABLE download_files (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  download_id INTEGER NOT NULL REFERENCES downloads (id) ON DELETE CASCADE,
  repository TEXT NOT NULL,
  revision TEXT NOT NULL DEFAULT '',
  path TEXT NOT NULL,
  target TEXT NOT NULL UNIQUE,
  bytes INTEGER NOT NULL DEFAULT 0,
  sha256 TEXT NOT NULL DEFAULT '',
  linked_sha256 TEXT NOT NULL DEFAULT '',
  revision_found TEXT NOT NULL DEFAULT '',
  etag TEXT NOT NULL DEFAULT '',
  last_modified TEXT NOT NULL DEFAULT '',
  received INTEGER NOT NULL DEFAULT 0,
  pieces BLOB NOT NULL DEFAULT x''
) STRICT)"),
                QStringLiteral("CREATE INDEX download_files_by_download ON download_files (download_id, id)"),
            }};
}

}  // namespace

const MigrationList& allMigrations() {
    static const MigrationList migrations{firstSchema(), settingsOfModels(), texts()};
    return migrations;
}

const MigrationList& libraryMigrations() {
    static const MigrationList migrations{firstLibrary()};
    return migrations;
}

}  // namespace kinglet::storage
