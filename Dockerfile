# The image holds compiled JavaScript and what it needs at run time; the TypeScript and its compiler stay behind.
# What is installed is what package-lock.json says, in every stage.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /rosterd
COPY package.json package-lock.json .npmrc ./
# Without the optional packages, which bring a Node.js where there is none new enough; here is one.
RUN npm ci --omit=dev --omit=optional
# What no program ever loads. Licences stay. test/packaging/size.sh tells what is left.
WORKDIR /rosterd/node_modules
# Types and sources in TypeScript, maps from JavaScript to them, and pages for people.
# Types and sources in TypeScript, maps from JavaScript to them, and pages for people.
RUN find . -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' -o -name '*.tsbuildinfo' \) -delete
RUN find . -type f \( -iname '*.md' -o -name '*.markdown' \) ! -iname 'licen[cs]e*' ! -iname 'notice*' -delete
RUN find ./@types ./*/node_modules/@types -delete
# The packages' own tests, examples and measurements.
RUN find . -regex '\./\(@[^/]+/\)?[^/]+\(/node_modules/[^/]+\)?/\(tests?\|__tests__\|examples?\|benchmarks?\)/.*' -delete
# better-sqlite3 is built already, once for every platform: its C, the headers for it, and the builds for the others.
RUN find better-sqlite3/deps better-sqlite3/src better-sqlite3/binding.gyp node-addon-api -delete
RUN find better-sqlite3/prebuilds -type f ! -name "linux-$(node -p process.arch).node" -delete
# Node.js has streams of the web: fetch-blob asks for the polyfill only where it has none, and then for this file.
RUN find web-streams-polyfill/dist -type f ! -name ponyfill.es2018.js -delete
# Who is imported as an ES module comes as CommonJS too, and the other way round; and as bundles for browsers.
RUN find zod -name '*.cjs' -delete
RUN find @azure/msal-node/lib @azure/msal-common/lib @azure/msal-common/dist-browser -delete
RUN find re2js/build -type f ! -name index.js -delete
RUN find @microsoft/microsoft-graph-client/lib -type f ! -path '*/lib/src/*' -delete
RUN find yaml/browser pako/dist node-forge/dist node-forge/flash -delete
RUN find . -depth -type d -empty -delete

FROM node:24-bookworm-slim AS build
WORKDIR /rosterd
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY bin bin
COPY connectors connectors
COPY src src
COPY tsconfig.json tsconfig.build.json ./
RUN npm run build

FROM node:24-bookworm-slim
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title=rosterd \
  org.opencontainers.image.description="Reads users, groups and memberships from identity providers and keeps one local SQLite directory true to them" \
  org.opencontainers.image.version=$VERSION \
  org.opencontainers.image.licenses=Apache-2.0
ENV NODE_ENV=production ROSTERD_CONFIG=/etc/rosterd/config.yaml
WORKDIR /opt/rosterd
COPY --from=dependencies /rosterd/node_modules node_modules
COPY package.json LICENSE ./
COPY bin bin
COPY --from=build /rosterd/dist dist
RUN ln -s /opt/rosterd/bin/rosterd.js /usr/local/bin/rosterd \
  && install --directory --owner=10001 --group=10001 --mode=750 /data \
  && install --directory /etc/rosterd
# The directory. Beside it, a plan needs a /tmp to write to: the rest may be read-only.
VOLUME /data
WORKDIR /data
USER 10001:10001
# Of the daemon; a run of "rosterd --once" has ended before it counts.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["rosterd", "health"]
ENTRYPOINT ["rosterd"]
