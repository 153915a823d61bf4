-- The overview tells of runtimes that an agent may not read: a handful among the hosts of an estate.
create index host_with_forbidden_runtime on host (scope_id, name collate "C") where runtimes @> '[{"state": "forbidden"}]';

-- A search asks for the names of connections, uploads and samples; of ten sightings nine and more are those of hosts.
create index image_sighting_elsewhere on image_sighting (image_id) where kind <> 'host';

-- Rows that every report changes keep room beside them: else each change of a container's state writes all four of its indexes
-- (none of 9,020 updates stayed on its page), and the list of images grew to three times of what it holds.
alter table container set (fillfactor = 85);
alter table image_summary set (fillfactor = 60);
alter table host set (fillfactor = 70);

-- Of those that are gone as well: when two images prove to be one, all of their containers are looked for. Before the constraints,
-- which nobody can read past while it is built.
create index container_by_any_image on container (image_id);
drop index container_by_image;
alter index container_by_any_image rename to container_by_image;

-- Ten million containers are written by their hosts' first reports, and looking up the host and the image of each was a fifth of
-- that. Both are known to be there: the host is held by the report, the image by what the host has of it (`holdHostImages`).
-- When one of them goes, its containers follow as before.
alter table container drop constraint container_host_id_fkey, drop constraint container_image_id_fkey;
create function release_containers() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'host' then
    delete from container where host_id = old.id;
  else
    update container set image_id = null where image_id = old.id;
  end if;
  return null;
end $$;
create trigger release_containers after delete on host for each row execute function release_containers();
create trigger release_containers after delete on image for each row execute function release_containers();
