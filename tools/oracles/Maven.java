// Pairs or ranges on standard input, judged by maven-artifact.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.apache.maven.artifact.versioning.ComparableVersion;
import org.apache.maven.artifact.versioning.DefaultArtifactVersion;
import org.apache.maven.artifact.versioning.InvalidVersionSpecificationException;
import org.apache.maven.artifact.versioning.VersionRange;

public class Maven {
    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] parts = line.split("\t", 2);
            if (args[0].equals("pairs")) {
                int order = new ComparableVersion(parts[0]).compareTo(new ComparableVersion(parts[1]));
                System.out.println(parts[0] + (order < 0 ? " < " : order > 0 ? " > " : " = ") + parts[1]);
            } else {
                System.out.println(parts[0] + "\t" + parts[1] + "\t" + inside(parts[0], parts[1]));
            }
        }
    }

    static String inside(String version, String range) {
        try {
            return VersionRange.createFromVersionSpec(range).containsVersion(new DefaultArtifactVersion(version)) ? "yes" : "no";
        } catch (InvalidVersionSpecificationException refused) {
            return "?";
        }
    }
}
