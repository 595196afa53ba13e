# nginx with the built screens in it: nothing of Node reaches the image that runs.
FROM node:22-bookworm-slim AS screens
WORKDIR /srv/web
COPY package.json package-lock.json .npmrc tsconfig.base.json ./
COPY packages packages
COPY frontend frontend
COPY admin admin
RUN npm ci --no-audit --no-fund --loglevel=error && npm run build --silent

FROM nginxinc/nginx-unprivileged:1.27-alpine
COPY --from=screens /srv/web/frontend/dist /srv/screens/cabinet
COPY --from=screens /srv/web/admin/dist /srv/screens/staff/admin
