import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.security.KeyStore;
import java.security.Security;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Writes a PKCS#12 file anew with other libraries: {@code Pfx IN.p12 PASSWORD NEW_PASSWORD (PROVIDER TYPE OUT.p12)…},
 * with Java's own provider or BouncyCastle ({@code BC}), whose files are in BER.
 */
public class Pfx {
    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        char[] password = arguments[1].toCharArray();
        char[] newPassword = arguments[2].toCharArray();
        KeyStore from = KeyStore.getInstance("PKCS12");
        try (FileInputStream in = new FileInputStream(arguments[0])) {
            from.load(in, password);
        }
        String alias = from.aliases().nextElement();
        for (int i = 3; i + 2 < arguments.length; i += 3) {
            KeyStore to = KeyStore.getInstance(arguments[i + 1], arguments[i]);
            to.load(null, null);
            to.setKeyEntry("me", from.getKey(alias, password), newPassword, from.getCertificateChain(alias));
            try (FileOutputStream out = new FileOutputStream(arguments[i + 2])) {
                to.store(out, newPassword);
            }
        }
    }
}
