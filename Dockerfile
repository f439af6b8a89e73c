# One image for every process: the command says which. See docker-compose.yml.
ARG NODE_VERSION=22

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --omit=optional --no-audit --no-fund
# What runs, and nothing else: compiled code, the GraphQL and OpenAPI documents, the modules of production.
RUN mkdir /out \
 && rm -rf dist/bench dist/sample dist/scripts dist/test dist/codegen.* \
 && find gateway rest-facade subgraphs \( -name '*.graphql' -o -name '*.openapi.json' \) -exec cp --parents {} /out \; \
 && cp --parents scripts/bootstrap.cjs /out \
 && cp -r dist node_modules package.json package-lock.json /out

FROM node:${NODE_VERSION}-bookworm-slim
WORKDIR /app
COPY --from=build /out ./
COPY deploy/healthy.cjs deploy/healthy.cjs
RUN mkdir -p /data/storage && chown -R node:node /data
ENV NODE_ENV=production HOST=0.0.0.0 STORAGE_DIR=/data/storage
VOLUME /data/storage
USER node
EXPOSE 3000 4000
# HEALTH_PORT is the port of the process that the container runs.
ENV HEALTH_PORT=3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "deploy/healthy.cjs"]
CMD ["node", "dist/rest-facade/server.js"]
