CREATE TABLE chats (
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
) STRICT;
CREATE INDEX chats_by_update ON chats (deleted_at, updated_at DESC, id DESC);
CREATE TABLE messages (
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
) STRICT;
CREATE INDEX messages_by_parent ON messages (chat_id, parent_id, id);
CREATE INDEX messages_streaming ON messages (id) WHERE status = 'streaming';
CREATE TABLE models (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL DEFAULT 0,
  modified_at INTEGER,
  metadata TEXT NOT NULL DEFAULT '{}',
  problem TEXT NOT NULL DEFAULT '',
  last_used_at INTEGER,
  measured_speed REAL NOT NULL DEFAULT 0,
  hidden INTEGER NOT NULL DEFAULT 0
, settings TEXT NOT NULL DEFAULT '{}') STRICT;
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
ALTER TABLE chats ADD COLUMN kind TEXT NOT NULL DEFAULT 'chat' CHECK (kind IN ('chat', 'text'));
ALTER TABLE chats ADD COLUMN shown_end_id INTEGER;
PRAGMA application_id = 1265526636;
PRAGMA user_version = 3;
INSERT INTO chats (id, uuid, title, title_folded, preview, created_at, updated_at, model, settings, draft, selected_root_id, deleted_at) VALUES (1, '3f0c9d0e-6f0f-4a52-9d3e-0f6f1f6a0001', 'Ärger mit Vögeln', 'ärger mit vögeln', 'Which bird is it?', 1763800000000, 1763800100000, '/models/wren.gguf', '{"temperature":0.7}', 'and its so', 1, NULL);
INSERT INTO chats (id, uuid, title, title_folded, preview, created_at, updated_at, deleted_at, kind, shown_end_id) VALUES (2, '3f0c9d0e-6f0f-4a52-9d3e-0f6f1f6a0002', 'Deleted', 'deleted', '', 1763700000000, 1763700000000, 1763700005000, 'text', 4);
INSERT INTO messages (id, uuid, chat_id, parent_id, selected_child_id, role, status, content, created_at) VALUES (1, '5d7a1f52-2b7e-4d0c-8a55-000000000001', 1, NULL, 3, 'user', 'complete', 'Which bird is it?', 1763800000000);
INSERT INTO messages (id, uuid, chat_id, parent_id, role, status, content, created_at, model, settings, thinking, thinking_seconds, prompt_tokens, answer_tokens, tokens_per_second, first_token_ms, error) VALUES (2, '5d7a1f52-2b7e-4d0c-8a55-000000000002', 1, 1, 'assistant', 'stopped', 'A robin.', 1763800050000, 'Wren 1B', '{"seed":1}', 'hm', 0.5, 12, 4, 20.5, 90.0, '{}');
INSERT INTO messages (id, uuid, chat_id, parent_id, role, status, content, created_at, model) VALUES (3, '5d7a1f52-2b7e-4d0c-8a55-000000000003', 1, 1, 'assistant', 'streaming', 'A wren, per', 1763800100000, 'Wren 1B');
INSERT INTO messages (id, uuid, chat_id, parent_id, role, status, content, created_at) VALUES (4, '5d7a1f52-2b7e-4d0c-8a55-000000000004', 2, NULL, 'user', 'complete', 'Once upon', 1763700000000);
INSERT INTO messages (id, uuid, chat_id, parent_id, role, status, content, created_at, model) VALUES (5, '5d7a1f52-2b7e-4d0c-8a55-000000000005', 2, 4, 'assistant', 'complete', ' a time', 1763700000000, 'Wren 1B');
INSERT INTO models (path, size, modified_at, metadata, last_used_at, measured_speed, settings) VALUES ('/models/wren.gguf', 668788096, 1763000000000, '{"name":"Wren"}', 1763800100000, 20.5, '{"temperature":0.4}');
INSERT INTO settings (key, value) VALUES ('theme', '["dark"]');
