import type { Run } from './job'

/**
 * Step 0: the very same file of the same source, with the same options, while nothing was written to the tenant since it was merged. Reading
 * it again could change nothing, so the job is COMPLETED at once: all rows unchanged, with the issues of the import that had read it.
 * Answers whether it was recognised. Asked under the tenant's lock; `options.force` and a confirmed removal have the file read.
 * (docs/decisions/import-order.md says what "nothing written" means.)
 */
export async function recogniseFile({ client, job, sourceId }: Run): Promise<boolean> {
  if (job.options.force || job.confirmed) return false
  const { rowCount } = await client.query(
    `with known as (
       select f.job_id, coalesce(f.same_as, f.job_id) as same_as, f.files, f.issue_counts, f.profile, f.merged_stamp
       from import_jobs j join import_jobs f
         on f.tenant_id = j.tenant_id and f.file_sha256 = j.file_sha256 and f.source_id = $3 and f.state = 'COMPLETED'
         and f.options - array['dryRun', 'force'] = j.options - array['dryRun', 'force']
       join roster_state r on r.tenant_id = f.tenant_id and r.stamp = f.merged_stamp
       where j.tenant_id = $4 and j.job_id = $1
       order by f.finished_at limit 1
     ), ended as (
       update import_jobs j set state = 'COMPLETED', same_as = known.same_as, profile = known.profile, source_id = $3,
         files = ${unchangedFiles}, issue_counts = known.issue_counts,
         merged_stamp = case when j.options @> '{"dryRun": true}' then null else known.merged_stamp end,
         step = 'recogniseFile', progress = 100, finished_at = clock_timestamp(), beat_at = null, claimed_by = null
       from known
       where j.job_id = $1 and j.claimed_by = $2 and j.state = 'VALIDATING' and not j.cancel_requested
       returning j.tenant_id, j.job_id, known.job_id as known_id
     ), copied as (
       insert into import_issues (tenant_id, job_id, position, file, line, column_name, code, severity, parameters)
       select ended.tenant_id, ended.job_id, i.position, i.file, i.line, i.column_name, i.code, i.severity, i.parameters
       from ended join import_issues i on i.tenant_id = ended.tenant_id and i.job_id = ended.known_id
     )
     select from ended`,
    [job.jobId, job.claim, sourceId, job.tenantId],
  )
  return rowCount === 1
}

const unchangedFiles = `(
  select coalesce(jsonb_agg(file || jsonb_build_object('created', 0, 'updated', 0, 'removed', 0,
    'unchanged', (file->>'read')::integer - (file->>'rejected')::integer) order by place), '[]')
  from jsonb_array_elements(known.files) with ordinality as listed (file, place))`
