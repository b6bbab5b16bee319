import eu.europa.esig.dss.diagnostic.PDFRevisionWrapper;
import eu.europa.esig.dss.diagnostic.jaxb.XmlPDFLockDictionary;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.InMemoryDocument;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.pades.validation.PDFDocumentValidator;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.policy.SignaturePolicyProvider;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the EU's DSS says about signatures: {@code Dss with|without [PASSWORD@password] [OID@POLICY.der…] ROOT.der… -- FILE.pdf…}.
 * One line per signature, in the file's order: file, level, indication, sub-indication, messages and what it locks, separated by tabs;
 * files without signatures have none. Whoever names a policy is judged by that file: DSS compares its hash.
 * {@code without} judges all but revocation, which a test authority without lists of revoked certificates cannot prove.
 */
public class Dss {
    public static void main(String[] arguments) throws Exception {
        String policy = policy(arguments[0].equals("without"));
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        List<File> files = new ArrayList<>();
        Map<String, DSSDocument> policies = new HashMap<>();
        char[] password = null;
        boolean roots = true;
        for (int i = 1; i < arguments.length; i++) {
            String[] named = arguments[i].split("@", 2);
            if (arguments[i].equals("--")) {
                roots = false;
            } else if (roots && named.length == 2 && named[1].equals("password")) {
                password = named[0].toCharArray();
            } else if (roots && named.length == 2) {
                policies.put(named[0], new FileDocument(named[1]));
            } else if (roots) {
                CertificateToken root = DSSUtils.loadCertificate(new File(arguments[i]));
                trusted.addCertificate(root);
            } else {
                files.add(new File(arguments[i]));
            }
        }
        for (File file : files) {
            try {
                report(file, trusted, policy, policies, password);
            } catch (Exception error) {
                System.out.println(String.join("\t", file.getPath(), "ERROR", "FAILED", "", oneLine(String.valueOf(error)), ""));
            }
        }
    }

    private static void report(File file, CommonTrustedCertificateSource trusted, String policy, Map<String, DSSDocument> policies,
        char[] password) throws Exception {
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(file));
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(trusted);
        validator.setCertificateVerifier(verifier);
        SignaturePolicyProvider provider = new SignaturePolicyProvider();
        provider.setSignaturePoliciesById(policies);
        validator.setSignaturePolicyProvider(provider);
        if (password != null && validator instanceof PDFDocumentValidator pdf) {
            pdf.setPasswordProtection(password);
        }
        InputStream constraints = new ByteArrayInputStream(policy.getBytes(StandardCharsets.UTF_8));
        Reports reports = validator.validateDocument(new InMemoryDocument(constraints));
        SimpleReport report = reports.getSimpleReport();
        for (String id : report.getSignatureIdList()) {
            List<String> messages = new ArrayList<>();
            report.getAdESValidationErrors(id).forEach(message -> messages.add(message.getValue()));
            System.out.println(String.join("\t", file.getPath(), String.valueOf(report.getSignatureFormat(id)),
                String.valueOf(report.getIndication(id)),
                report.getSubIndication(id) == null ? "" : report.getSubIndication(id).toString(),
                oneLine(String.join("; ", messages)), lock(reports.getDiagnosticData().getSignatureById(id).getPDFRevision())));
        }
    }

    /** What the signature itself locks (FieldMDP), such as {@code INCLUDE [City]}; empty if nothing. */
    private static String lock(PDFRevisionWrapper revision) {
        XmlPDFLockDictionary lock = revision == null ? null : revision.getFieldMDP();
        return lock == null ? "" : oneLine(lock.getAction() + " " + lock.getFields());
    }

    /** DSS's own policy, but a signature policy has to be known and its hash right; without revocation, its absence is a warning. */
    private static String policy(boolean withoutRevocation) throws Exception {
        try (InputStream in = Dss.class.getResourceAsStream("/policy/constraint.xml")) {
            String policy = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            policy = policy.replaceAll("<(PolicyAvailable|PolicyHashMatch) Level=\"[A-Z]+\"", "<$1 Level=\"FAIL\"");
            if (withoutRevocation) {
                policy = policy.replaceAll("<(RevocationDataAvailable|AcceptableRevocationDataFound|RevocationInfoAccessPresent|RevocationFreshnessNextUpdate) Level=\"FAIL\"", "<$1 Level=\"WARN\"");
            }
            return policy;
        }
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s+", " ");
    }
}
