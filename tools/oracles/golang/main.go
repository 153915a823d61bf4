// Pairs on standard input, judged by golang.org/x/mod/semver, or by go/version where both are toolchain versions.
package main

import (
	"bufio"
	"fmt"
	"go/version"
	"os"
	"strings"

	"golang.org/x/mod/semver"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		a, b, _ := strings.Cut(lines.Text(), "\t")
		if sign, known := order(a, b); known {
			fmt.Println(a, sign, b)
		}
	}
}

// order reports false where one is a module's version and the other a toolchain's: no tool compares those as they are.
func order(a, b string) (string, bool) {
	moduleA, moduleB := "v"+strings.TrimPrefix(a, "v"), "v"+strings.TrimPrefix(b, "v")
	toolA, toolB := "go"+strings.TrimPrefix(a, "go"), "go"+strings.TrimPrefix(b, "go")
	switch {
	case semver.IsValid(moduleA) && semver.IsValid(moduleB):
		return sign(semver.Compare(moduleA, moduleB)), true
	case whole(toolA) && whole(toolB):
		return sign(version.Compare(toolA, toolB)), true
	case (semver.IsValid(moduleA) || version.IsValid(toolA)) && (semver.IsValid(moduleB) || version.IsValid(toolB)):
		return "", false
	}
	return "?", true
}

// whole leaves out what names a language version since Go 1.21 (`go1.21`), which go/version puts before its first release
// candidate, and suffixes, which it drops.
func whole(tool string) bool {
	return version.IsValid(tool) && !strings.Contains(tool, "-") && version.Lang(tool) != tool
}

func sign(order int) string {
	return [...]string{"<", "=", ">"}[order+1]
}
