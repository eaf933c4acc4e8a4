// Requests for credentials, and the devices of a team.
import { found, make } from './client.mjs';

const request = await make.credentialRequests.list(1).then(all => all[0]);
found({
    request,
    read: request && (await make.credentialRequests.get(request.id)),
    detail: request && (await make.credentialRequests.getDetail(request.id)),
    modules: await make.credentialRequests.listAppModulesWithCredentials('google-sheets', 'latest'),
    devices: await make.devices.list(1),
});
