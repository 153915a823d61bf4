-- The overview tells of runtimes that an agent may not read: a handful among the hosts of an estate.
create index host_with_forbidden_runtime on host (scope_id, name collate "C") where runtimes @> '[{"state": "forbidden"}]';

-- A search asks for the names of connections, uploads and samples; of ten sightings nine and more are those of hosts.
create index image_sighting_elsewhere on image_sighting (image_id) where kind <> 'host';
