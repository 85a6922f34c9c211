/**
 * A certificate of 127.0.0.1 that only tests trust, and its key, which is no secret:
 *
 *     openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=127.0.0.1 \\
 *       -addext subjectAltName=IP:127.0.0.1,DNS:localhost
 */
export const localCertificate: { readonly key: string; readonly cert: string } = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxV5rw5TvjQo7n0L3
9elkGmT4qJx0Bs9VLRcw4VvwlN2hRANCAATOLOk37gGJ6YU78G26b13CAPW+YXtl
1jwYJU6Xz2VifDt2e3iMIVMZziJ2A7i+PDQfwQRwqRq2cHg8st8Yei54
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUfdI0xi+s7CYGlH1cbSUwkJ/3F4owCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyOTE4MDQ1MloYDzIxMjYxMTA1
MTgwNDUyWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATOLOk37gGJ6YU78G26b13CAPW+YXtl1jwYJU6Xz2VifDt2e3iMIVMZ
ziJ2A7i+PDQfwQRwqRq2cHg8st8Yei54o28wbTAdBgNVHQ4EFgQUYVa9dAAFTpRz
qd5fq93ckayeelIwHwYDVR0jBBgwFoAUYVa9dAAFTpRzqd5fq93ckayeelIwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDRwAwRAIgZem547CIYDxCzDdh32ajMXYDmV7+948t0Kh2ZvqsnyICIHop
WTvZoJBpeJWBf8rK0ag2mzrhVYvGhUOIlrvfnWjC
-----END CERTIFICATE-----
`,
};
