-- By itself and short: who reads or writes containers waits for it, and it waits for nothing else meanwhile (see 0031).
alter table container
  -- Of a cluster's container: the host whose agent reports it too.
  add column counts_on uuid,
  -- As its engine says it (`host`, `bridge`, a network's name); null where its agent says none.
  add column network_mode text;
