// Verifies Palisade's tokens with jose, and signs some for Palisade: check.mjs JOSE MINTED KEYS OUT
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [directory, mintedFile, keys, out] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${directory}/`));
const jose = await import(pathToFileURL(require.resolve('jose')));
const { version } = JSON.parse(readFileSync(`${directory}/node_modules/jose/package.json`));
console.log(`jose ${version}, Node ${process.version}`);

const PEM = { EdDSA: 'ed', ES256: 'ec', RS256: 'rsa', PS256: 'rsa' };
const minted = JSON.parse(readFileSync(mintedFile));
const secret = jose.base64url.decode(minted.secret);
const published = jose.createLocalJWKSet({ keys: minted.keys });
assert.deepEqual(minted.tokens.map(({ alg }) => alg).sort(), ['ES256', 'EdDSA', 'HS256', 'PS256', 'RS256']);

const theirs = [];
for (const { alg, token } of minted.tokens) {
  const key = alg === 'HS256' ? secret : published;
  const options = { issuer: minted.issuer, audience: minted.audience, typ: 'at+jwt', algorithms: [alg] };
  const { payload, protectedHeader } = await jose.jwtVerify(token, key, options);
  assert.equal(payload.sub, '42');
  assert.equal(payload.exp - payload.iat, 900);
  assert.deepEqual(protectedHeader, { alg, kid: alg, typ: 'at+jwt' });
  await assert.rejects(jose.jwtVerify(`${token.slice(0, -8)}AAAAAAAA`, key, options), jose.errors.JWSSignatureVerificationFailed);
  const signing = alg === 'HS256' ? secret : await jose.importPKCS8(readFileSync(`${keys}/${PEM[alg]}.pem`, 'utf8'), alg);
  const signed = await new jose.SignJWT({ sub: '42', jti: `jose-${alg}` })
    .setProtectedHeader({ alg, kid: alg, typ: 'at+jwt' })
    .setIssuer(minted.issuer)
    .setAudience(minted.audience)
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(signing);
  theirs.push({ alg, token: signed });
}
writeFileSync(out, JSON.stringify(theirs));
