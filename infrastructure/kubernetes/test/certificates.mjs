// Certificates of authorities that are made for a test.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const openssl = (...options) => execFileSync("openssl", options, { stdio: "pipe" });
const newKey = (file) => ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file];

/** Returns the files of a new authority, and of its certificate and key for a name such as `DNS:kafka`. */
export function certificate(folder, prefix, name) {
    const file = (suffix) => join(folder, `${prefix}-${suffix}`);
    const [authority, combined] = [file("ca.crt"), file("combined.pem")];
    openssl("req", "-x509", ...newKey(file("ca.key")), "-out", authority, "-days", "1", "-subj", `/CN=${prefix}`);
    openssl("req", ...newKey(file("key.pem")), "-out", file("request.pem"), "-subj", `/CN=${prefix}-server`);
    writeFileSync(file("names"), `subjectAltName=${name}`);
    openssl("x509", "-req", "-in", file("request.pem"), "-CA", authority, "-CAkey", file("ca.key"), "-CAcreateserial",
        "-days", "1", "-extfile", file("names"), "-out", file("cert.pem"));
    writeFileSync(combined, readFileSync(file("key.pem")) + readFileSync(file("cert.pem")));
    return { authority, combined };
}
