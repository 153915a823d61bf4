# Pairs on standard input, judged by Perl's version objects.
use strict;
use warnings;
use version 0.9929;

while (my $line = <STDIN>) {
    chomp $line;
    my ($left, $right) = split /\t/, $line, 2;
    # Warnings say that a number was cut: such a version is undetermined here.
    local $SIG{__WARN__} = sub { die @_ };
    my ($x, $y) = map { my $text = $_; eval { version->parse($text) } } $left, $right;
    my $sign = defined $x && defined $y ? ('<', '=', '>')[($x <=> $y) + 1] : '?';
    print "$left $sign $right\n";
}
