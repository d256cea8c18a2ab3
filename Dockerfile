# The image holds compiled JavaScript and what it needs at run time; the TypeScript and its compiler stay behind.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /rosterd
COPY package.json package-lock.json .npmrc ./
# Without the optional packages, which bring a Node.js where there is none new enough; here is one.
RUN npm ci --omit=dev --omit=optional
# better-sqlite3 brings its sources, and what it was built to for every platform.
RUN cd node_modules/better-sqlite3 \
  && rm -rf deps src \
  && find prebuilds -type f ! -name "linux-$(node -p process.arch).node" -delete

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
LABEL org.opencontainers.image.title=rosterd org.opencontainers.image.licenses=Apache-2.0
ENV NODE_ENV=production ROSTERD_CONFIG=/etc/rosterd/config.yaml
WORKDIR /opt/rosterd
COPY --from=dependencies /rosterd/node_modules node_modules
COPY package.json LICENSE ./
COPY bin bin
COPY --from=build /rosterd/dist dist
RUN ln -s /opt/rosterd/bin/rosterd.js /usr/local/bin/rosterd \
  && install --directory --owner=10001 --group=10001 --mode=750 /data \
  && install --directory /etc/rosterd
# What is written: the directory, and the private copy that a plan is made on. The rest may be read-only.
VOLUME ["/data", "/tmp"]
WORKDIR /data
USER 10001:10001
ENTRYPOINT ["rosterd"]
