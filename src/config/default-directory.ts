/** Where the directory is unless the file says otherwise; beside the file. */
export const DEFAULT_DIRECTORY = './data/directory.db';
