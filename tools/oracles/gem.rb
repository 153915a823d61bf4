# Pairs or ranges on standard input, judged by RubyGems.
SIGNS = { -1 => '<', 0 => '=', 1 => '>' }.freeze

def order(a, b)
  SIGNS[Gem::Version.new(a) <=> Gem::Version.new(b)]
rescue ArgumentError
  '?'
end

def inside(version, requirement)
  Gem::Requirement.new(requirement.split(',')).satisfied_by?(Gem::Version.new(version)) ? 'yes' : 'no'
rescue ArgumentError
  '?'
end

$stdin.each_line(chomp: true) do |line|
  left, right = line.split("\t", -1)
  puts ARGV[0] == 'pairs' ? "#{left} #{order(left, right)} #{right}" : "#{left}\t#{right}\t#{inside(left, right)}"
end
