-- A connection may use the identity of the console's machine in its cloud: no secret of its own.
alter table connection drop constraint connection_auth_kind_check;
alter table connection add constraint connection_auth_kind_check
  check (auth_kind in ('anonymous', 'basic', 'token', 'aws-key', 'entra', 'google-key', 'machine'));
alter table connection_credential drop constraint connection_credential_auth_kind_check;
alter table connection_credential add constraint connection_credential_auth_kind_check
  check (auth_kind in ('anonymous', 'basic', 'token', 'aws-key', 'entra', 'google-key', 'machine'));
