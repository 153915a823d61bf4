<?php
// Pairs or ranges on standard input, judged by composer/semver. First argument: the autoloader of composer.
require $argv[1];

use Composer\Semver\Comparator;
use Composer\Semver\Semver;
use Composer\Semver\VersionParser;

// Branches have no order.
function order(string $a, string $b): string
{
    try {
        $parser = new VersionParser();
        [$a, $b] = [$parser->normalize($a), $parser->normalize($b)];
        if (str_starts_with($a, 'dev-') || str_starts_with($b, 'dev-')) {
            return '?';
        }
        return Comparator::lessThan($a, $b) ? '<' : (Comparator::greaterThan($a, $b) ? '>' : '=');
    } catch (UnexpectedValueException $refused) {
        return '?';
    }
}

function inside(string $version, string $range): string
{
    try {
        return Semver::satisfies($version, $range) ? 'yes' : 'no';
    } catch (UnexpectedValueException $refused) {
        return '?';
    }
}

while (($line = fgets(STDIN)) !== false) {
    [$left, $right] = explode("\t", rtrim($line, "\n"));
    echo $argv[2] === 'pairs' ? "$left ".order($left, $right)." $right\n" : "$left\t$right\t" . inside($left, $right) . "\n";
}
