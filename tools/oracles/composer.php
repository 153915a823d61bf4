<?php
// Pairs or ranges on standard input, judged by composer/semver. First argument: the autoloader of composer.
require $argv[1];

use Composer\Semver\Comparator;
use Composer\Semver\Semver;

function order(string $a, string $b): string
{
    try {
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
    echo $argv[2] === 'pairs' ? "$left " . order($left, $right) . " $right\n" : "$left\t$right\t" . inside($left, $right) . "\n";
}
