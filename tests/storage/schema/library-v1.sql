CREATE TABLE catalogues (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL,
  taken_at INTEGER NOT NULL
) STRICT;
CREATE TABLE catalogue_models (
  catalogue_id INTEGER NOT NULL REFERENCES catalogues (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  model TEXT NOT NULL,
  kind TEXT NOT NULL,
  words TEXT NOT NULL,
  entry TEXT NOT NULL,
  PRIMARY KEY (catalogue_id, place),
  UNIQUE (catalogue_id, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE downloads (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('queued', 'paused', 'failed')),
  place INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  details TEXT NOT NULL DEFAULT '{}',
  problem TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE TABLE download_files (
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
) STRICT;
CREATE INDEX download_files_by_download ON download_files (download_id, id);
PRAGMA application_id = 1265527906;
PRAGMA user_version = 1;
INSERT INTO catalogues (id, source, revision, taken_at) VALUES (1, 'https://example.org/birds.json', 3, 1763800200000);
INSERT INTO catalogue_models (catalogue_id, place, model, kind, words, entry) VALUES (1, 0, 'wren-3b', 'chat', 'wren 3b', '{"id":"wren-3b"}');
INSERT INTO downloads (id, name, status, place, created_at, details) VALUES (1, 'Wren 3B', 'paused', 1, 1763800200000, '{"catalogue":"wren-3b"}');
INSERT INTO download_files (download_id, repository, revision, path, target, bytes, sha256, etag, received, pieces) VALUES (1, 'birds/Wren-3B-GGUF', 'main', 'wren-3b.gguf', '/models/wren-3b.gguf', 2019377696, '', '"a1"', 8388608, x'0102030405060708');
