%% -*- erlang -*-
{application, 'cowboy', [
	{description, "Small, fast, " "modern \"HTTP\" server."},
	{vsn, "2.12.0"},
	{modules, ['cowboy','cowboy_app','cowboy_bstr']},
	{registered, [cowboy_sup,cowboy_clock]},
	{applications, [kernel,stdlib,crypto,cowlib,ranch]},
	{optional_applications, []},
	{mod, {cowboy_app, []}},
	{env, [{limit, 50000000}, %% 50MB
	       {float, 1.5e-3}, {char, $a}, {bin, <<1, 2, 3>>}, {map, #{a => b}}, {tail, [a | b]}, {neg, -1}, {hex, 16#ff}]},
	{licenses, ["ISC"]}
]}.
