// Reference lists.
import { found, make } from './client.mjs';

found({
    countries: await make.enums.countries(),
    regions: await make.enums.regions(),
    timezones: await make.enums.timezones(),
    systems: await make.enums.connectedSystemApps(),
});
