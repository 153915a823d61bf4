# Pairs or ranges on standard input, judged by Elixir's Version.
signs = %{lt: "<", eq: "=", gt: ">"}

for line <- IO.stream(:stdio, :line) do
  [left, right] = line |> String.trim_trailing("\n") |> String.split("\t")

  try do
    if System.argv() == ["pairs"],
      do: IO.puts("#{left} #{signs[Version.compare(left, right)]} #{right}"),
      else: IO.puts("#{left}\t#{right}\t#{if Version.match?(left, right), do: "yes", else: "no"}")
  rescue
    _ in [Version.InvalidVersionError, Version.InvalidRequirementError] ->
      IO.puts(if System.argv() == ["pairs"], do: "#{left} ? #{right}", else: "#{left}\t#{right}\t?")
  end
end
