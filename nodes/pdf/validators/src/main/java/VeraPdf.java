import java.io.FileInputStream;
import java.util.TreeSet;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Whether files keep the standard that they claim, by veraPDF: {@code VeraPdf FILE.pdf…}. One line per file: file, the
 * standard claimed, {@code true} or {@code false}, and the clauses that are broken, separated by tabs.
 */
public class VeraPdf {
    public static void main(String[] files) {
        VeraGreenfieldFoundryProvider.initialise();
        for (String file : files) {
            try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file))) {
                PDFAValidator validator = Foundries.defaultInstance().createValidator(parser.getFlavour(), false);
                ValidationResult result = validator.validate(parser);
                TreeSet<String> broken = new TreeSet<>();
                for (TestAssertion assertion : result.getTestAssertions()) {
                    if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                        broken.add(assertion.getRuleId().getClause() + "-" + assertion.getRuleId().getTestNumber());
                    }
                }
                System.out.println(String.join("\t", file, parser.getFlavour().getId(),
                    String.valueOf(result.isCompliant()), String.join(" ", broken)));
            } catch (Exception error) {
                System.out.println(String.join("\t", file, "?", "false", String.valueOf(error).replaceAll("\\s+", " ")));
            }
        }
    }
}
