import type { Alert } from "../../../src/alerts/alert.js";
import type { AlertsNow } from "../../../src/alerts/watch.js";
import { useApi } from "../api.js";
import { href } from "../route.js";
import { Time } from "./text.js";

/** What a person should look at. Where there is nothing, nothing is to be seen. */
export function Alerts() {
  const { alerts, trouble } = useApi<AlertsNow>("alerts").value.data ?? { alerts: [], trouble: null };
  return (
    <div role="status" aria-label="Alerts">
      {(alerts.length > 0 || trouble !== null) && (
        <div class="trouble">
          {trouble !== null && <p>{trouble}</p>}
          {alerts.map((alert) => (
            <p key={alert.id} data-rule={alert.rule}>
              <a href={whereOf(alert)}>
                <bdi>{alert.text}</bdi>
              </a>
              {/* Of a decline, the text itself says it. */}
              {alert.since !== null && alert.rule !== "agent_declining" && (
                <span class="faint">
                  {" since "}
                  <Time at={alert.since} />
                </span>
              )}
            </p>
          ))}
        </div>
      )}
    </div>
  );
}

/** Where there is more to be seen of it. */
function whereOf({ rule, subject }: Alert): string {
  if (rule === "workflow_stuck") return href(["workflows", subject]);
  return rule === "overhead_band" ? href(["coordination"]) : href(["agents", subject]);
}
