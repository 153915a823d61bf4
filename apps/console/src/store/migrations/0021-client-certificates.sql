-- For registries that ask who connects: the certificate, which is no secret, and its key, sealed as every credential is.
alter table connection
  add column tls_client_certificate text,
  add column tls_client_key bytea,
  add constraint connection_tls_client_check check ((tls_client_certificate is null) = (tls_client_key is null));
