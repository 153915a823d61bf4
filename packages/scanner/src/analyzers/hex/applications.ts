/** Applications that Erlang/OTP brings, also those of older releases. https://www.erlang.org/doc/apps.html */
export const ERLANG_APPLICATIONS: ReadonlySet<string> = new Set(
  `asn1 common_test compiler crypto debugger dialyzer diameter edoc eldap erl_docgen erl_interface erts et eunit ftp
  inets jinterface kernel megaco mnesia observer odbc os_mon parsetools public_key reltool runtime_tools sasl snmp ssh ssl
  stdlib syntax_tools tftp tools wx xmerl appmon asn1_obsolete cosEvent cosEventDomain cosFileTransfer cosNotification
  cosProperty cosTime cosTransactions docbuilder gs hipe ic inviso ose otp_mibs orber percept pman test_server toolbar tv
  typer webtool`.split(/\s+/),
);

/** Applications that Elixir brings. https://hexdocs.pm/elixir/ */
export const ELIXIR_APPLICATIONS: ReadonlySet<string> = new Set(['elixir', 'eex', 'ex_unit', 'iex', 'logger', 'mix']);
