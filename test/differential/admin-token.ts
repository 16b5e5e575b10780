/** Token of the administrator, by which both servers know it. */
export const adminToken = 'bench'
